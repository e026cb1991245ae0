module MCollective
  module Validator
    # The name of one that is built in, with a rule of its own.
    class FqdnValidator
      def self.validate(value)
        raise ValidatorError, "#{value} is not below example.net" unless value.end_with?(".example.net")
      end
    end
  end
end
