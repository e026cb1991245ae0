module MCollective
  module Agent
    class Noddl<RPC::Agent
      action "go" do
      end
    end
  end
end
