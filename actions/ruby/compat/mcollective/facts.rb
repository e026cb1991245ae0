# frozen_string_literal: true

module MCollective
  # The facts of the node, which are read on the first access. As in MCollective, every value is text, even inside
  # structures.
  module Facts
    class << self
      def get_facts
        source = Config.instance.facts_source.call
        return @facts if @source.equal?(source) && @facts

        @source = source
        @facts = as_text(source)
      end

      def get_fact(name = nil)
        name ? get_facts[name.to_s] : get_facts
      end

      def [](name)
        get_fact(name)
      end

      # The operators of a fact filter.
      def has_fact?(name, value, operator = '==')
        case (fact = get_fact(name))
        when nil then false
        when Array then fact.any? { |element| satisfies?(element, operator, value) }
        when Hash then fact.keys.any? { |key| satisfies?(key, operator, value) }
        else satisfies?(fact, operator, value)
        end
      end

      private

      def as_text(value)
        case value
        when Array then value.map { |element| as_text(element) }
        when Hash then value.each_with_object({}) { |(key, element), all| all[key.to_s] = as_text(element) }
        else value.to_s
        end
      end

      def satisfies?(fact, operator, value)
        case operator
        when '=~' then fact.to_s =~ (value.is_a?(Regexp) ? value : Regexp.new(value.to_s)) ? true : false
        when '==' then fact.to_s == value.to_s
        when '!=' then fact.to_s != value.to_s
        when '<', '>', '<=', '>=' then compare(fact, operator, value)
        else false
        end
      end

      def compare(fact, operator, value)
        numbers = [fact, value].map { |text| Float(text.to_s) }
        numbers[0].public_send(operator, numbers[1])
      rescue ArgumentError
        fact.to_s.public_send(operator, value.to_s)
      end
    end
  end
end
