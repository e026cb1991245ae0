module MCollective
  module Agent
    class Extended<RPC::Agent
      action "go" do
        reply[:x] = request[:x]
      end
    end
  end
end
