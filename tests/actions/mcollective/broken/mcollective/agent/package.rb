module MCollective
  module Agent
    class Package<RPC::Agent
      action "go" do
      end
    end
  end
end
