# frozen_string_literal: true

module MCollective
  module RPC
    # The reply of an action. Outputs with a default are set from the start.
    class Reply
      ERRORS = { 1 => RPCAborted, 2 => UnknownRPCAction, 3 => MissingRPCData, 4 => InvalidRPCData, 5 => UnknownRPCError }.freeze

      attr_accessor :statuscode, :statusmsg, :data, :action

      def initialize(action = nil, ddl = nil)
        @action = action
        @statuscode = 0
        @statusmsg = 'OK'
        @data = {}
        outputs = ddl && action ? ddl.action_interface(action)[:output] : {}
        outputs.each { |name, output| @data[name] = copy(output[:default]) if output.key?(:default) }
      end

      def fail(message, code = 1)
        @statuscode = code
        @statusmsg = message
      end

      # Also ends the action.
      def fail!(message, code = 1)
        self.fail(message, code)
        raise ERRORS.fetch(code, UnknownRPCError), message
      end

      def [](key)
        @data[key]
      end

      def []=(key, value)
        @data[key] = value
      end

      def fetch(key, default)
        @data.fetch(key, default)
      end

      def include?(key)
        @data.include?(key)
      end

      def to_hash
        { statuscode: @statuscode, statusmsg: @statusmsg, data: @data }
      end

      private

      def copy(value)
        value.is_a?(String) || value.is_a?(Array) || value.is_a?(Hash) ? Marshal.load(Marshal.dump(value)) : value
      end
    end
  end
end
