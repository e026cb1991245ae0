module MCollective
  module Agent
    class Scripted<RPC::Agent
      ["echo", "refuse", "absent"].each do |act|
        action act do
          implemented_by "%s.sh" % act
        end
      end
    end
  end
end
