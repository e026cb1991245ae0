# frozen_string_literal: true

module MCollective
  # The node's facts; nothing is read before somebody asks.
  module Facts
    class << self
      def get_facts
        Config.instance.facts_source.call
      end

      def get_fact(name = nil)
        name ? get_facts[name.to_s] : get_facts
      end

      def [](name)
        get_fact(name)
      end

      # Operators as in a fact filter.
      def has_fact?(name, value, operator = '==')
        fact = get_fact(name)
        return false if fact.nil?

        case operator
        when '=~' then fact.to_s =~ (value.is_a?(Regexp) ? value : Regexp.new(value.to_s)) ? true : false
        when '==' then fact.to_s == value.to_s
        when '!=' then fact.to_s != value.to_s
        when '<', '>', '<=', '>=' then compare(fact, operator, value)
        else false
        end
      end

      private

      def compare(fact, operator, value)
        numbers = [fact, value].map { |text| Float(text.to_s) }
        numbers[0].public_send(operator, numbers[1])
      rescue ArgumentError
        fact.to_s.public_send(operator, value.to_s)
      end
    end
  end
end
