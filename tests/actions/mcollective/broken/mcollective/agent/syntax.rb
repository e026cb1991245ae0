module MCollective
  module Agent
    class Syntax<RPC::Agent
      action "go" do
