module MCollective
  module Util
    class InspectorHelper
      def self.double(number)
        number * 2
      end
    end
  end
end
