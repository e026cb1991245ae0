# frozen_string_literal: true

module MCollective
  module RPC
    # The request to an action.
    class Request
      attr_accessor :time, :action, :data, :sender, :agent, :uniqid, :caller, :ddl

      def initialize(message, ddl)
        @agent = message['agent']
        @action = message['action']
        @data = (message['data'] || {}).each_with_object({}) { |(key, value), data| data[key.to_sym] = value }
        @sender = message['senderid']
        @caller = message['callerid'] || 'unknown'
        @uniqid = message['requestid']
        @time = message['msgtime']
        @ddl = ddl
      end

      def include?(key)
        @data.include?(key.to_sym)
      end

      def [](key)
        @data[key.to_sym]
      end
      alias get []

      def fetch(key, default = nil)
        @data.fetch(key.to_sym, default)
      end

      def should_respond?
        @data.fetch(:process_results, true)
      end

      def to_hash
        { agent: @agent, action: @action, data: @data }
      end

      def to_json(*arguments)
        to_hash.merge(sender: @sender, callerid: @caller, uniqid: @uniqid).to_json(*arguments)
      end
    end
  end
end
