module MCollective
  module Agent
    class Lookahead<RPC::Agent
      action "go" do
      end
    end
  end
end
