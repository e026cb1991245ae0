module MCollective
  module Validator
    class ColourValidator
      def self.validate(validator)
        raise ValidatorError, "%s is no colour" % validator unless ["red", "green"].include?(validator)
      end
    end
  end
end
