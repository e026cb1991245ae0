module MCollective
  module Util
    module TallyStore
      def self.next
        @count = (@count || 0) + 1
      end
    end
  end
end
