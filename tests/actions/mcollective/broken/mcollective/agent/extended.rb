module MCollective
  module Agent
    class Extended<RPC::Agent
      action "go" do
      end
    end
  end
end
