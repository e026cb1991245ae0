# frozen_string_literal: true

require 'ipaddr'

module MCollective
  # Checks one value; each check raises ValidatorError. Also knows the validators in the folder "validator" of a library
  # folder.
  module Validator
    TYPES = {
      integer: ->(value) { value.is_a?(Integer) },
      float: ->(value) { value.is_a?(Float) },
      number: ->(value) { value.is_a?(Numeric) },
      string: ->(value) { value.is_a?(String) },
      boolean: ->(value) { [true, false].include?(value) }
    }.freeze
    SHELL_CHARACTERS = ['`', '$', ';', '|', '&&', '>', '<'].freeze

    class << self
      def validate(value, validation)
        case validation
        when Regexp, String then regex(value, validation)
        when Symbol then TYPES.key?(validation) ? typecheck(value, validation) : named(value, validation)
        when Array then array(value, validation)
        when Integer then length(value, validation)
        when Class, Module then typecheck(value, validation)
        else raise ValidatorError, "nothing can be checked by a #{validation.class}"
        end
      end

      def regex(value, pattern)
        raise ValidatorError, "value should match #{pattern}" unless value.to_s =~ Regexp.new(pattern)
      end

      def typecheck(value, type)
        good = type.is_a?(Module) ? value.is_a?(type) : TYPES.fetch(type) { raise ValidatorError, "no type #{type}" }.call(value)
        raise ValidatorError, "value should be a #{type}" unless good
      end

      def array(value, among)
        raise ValidatorError, "value should be one of #{among.join(', ')}" unless among.include?(value)
      end

      def length(value, longest)
        raise ValidatorError, "Input string is longer than #{longest} character(s)" if value.size > longest && longest > 0
      end

      def shellsafe(value)
        raise ValidatorError, 'value should be a String' unless value.is_a?(String)

        bad = SHELL_CHARACTERS.find { |character| value.include?(character) }
        raise ValidatorError, "value should not have #{bad} in it" if bad
      end

      def ipv4address(value)
        address(value, 'ipv4', &:ipv4?)
      end

      def ipv6address(value)
        address(value, 'ipv6', &:ipv6?)
      end

      # Returns the class of a validator of a plugin: validator/NAME.rb or validator/NAME_validator.rb.
      def own(name)
        file = ["#{name}_validator", name.to_s].map { |stem| PluginManager.path_of("validator/#{stem}.rb") }.compact.first
        return nil unless file

        require file
        const_get("#{name.to_s.capitalize}Validator")
      end

      def own?(name)
        !own(name).nil?
      end

      private

      def named(value, name)
        return public_send(name, value) if %i[shellsafe ipv4address ipv6address].include?(name)

        validator = own(name) or raise ValidatorError, "no validator is named #{name}"
        validator.validate(value)
      end

      def address(value, kind)
        good = begin
          yield(IPAddr.new(value.to_s))
        rescue ArgumentError
          false
        end
        raise ValidatorError, "value should be an #{kind} address" unless good
      end
    end
  end
end
