module MCollective
  module Agent
    class Lookahead<RPC::Agent
      action "go" do
        reply[:x] = request[:x]
      end
    end
  end
end
