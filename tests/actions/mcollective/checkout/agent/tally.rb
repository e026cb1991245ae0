require 'mcollective/util/tally_store'

module MCollective
  module Agent
    class Tally<RPC::Agent
      metadata :name => "tally"

      action "count" do
        reply[:count] = Util::TallyStore.next
      end
    end
  end
end
