module MCollective
  module Agent
    class Validators<RPC::Agent
      action "go" do
      end
    end
  end
end
