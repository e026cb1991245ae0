module MCollective
  module Agent
    class Dormant<RPC::Agent
      activate_when do
        File.exist?("/nowhere/at/all")
      end

      action "wake" do
      end
    end
  end
end
