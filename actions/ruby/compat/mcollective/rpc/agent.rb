# frozen_string_literal: true

module MCollective
  module RPC
    # The base class of agents. One object serves all requests of its process, one after another.
    class Agent
      class << self
        # Old agents repeat their DDL here.
        def metadata(data = nil)
          @metadata = data if data
          @metadata || {}
        end

        def action(name, &block)
          raise "action #{name} needs a block" unless block

          define_method("#{name}_action", &block)
        end

        def activate_when(&block)
          define_singleton_method(:activate?) { block.call }
        end

        # Returns the setting NAME.activate_agent of the node; an agent may override this.
        def activate?
          setting = Config.instance.pluginconf["#{agent_name}.activate_agent"]
          setting.nil? || Util.str_to_bool(setting)
        end

        def agent_name
          name.split('::').last.downcase
        end

        def actions
          public_instance_methods.map(&:to_s).grep(/_action\z/).map { |method| method.sub(/_action\z/, '') }.sort
        end
      end

      attr_reader :agent_name, :config, :ddl, :logger, :meta, :timeout
      attr_accessor :reply, :request

      def initialize(ddl = nil)
        @agent_name = self.class.agent_name
        @ddl = ddl || DDL.new(@agent_name)
        @meta = @ddl.meta.empty? ? self.class.metadata : @ddl.meta
        @timeout = @meta[:timeout] || 10
        @config = Config.instance
        @logger = Log
        startup_hook
      end

      def startup_hook; end

      def before_processing_hook(_message, _connection); end

      def after_processing_hook; end

      def actions
        self.class.actions
      end

      # Handles one request and returns the reply.
      def serve(message)
        @request = Request.new(message, @ddl)
        @reply = Reply.new(@request.action, @ddl)
        before_processing_hook(envelope(message), nil)
        method = "#{@request.action}_action"
        raise UnknownRPCAction, "Unknown action '#{@request.action}' for agent '#{@request.agent}'" unless respond_to?(method)

        check_own_validators
        send(method)
        after_processing_hook
        @reply
      rescue RPCError, DDLValidationError => e
        @reply.fail(e.to_s, Reply::ERRORS.key(e.class) || (e.is_a?(DDLValidationError) ? 4 : 5))
        @reply
      end

      private

      # The message in its original form, for hooks.
      def envelope(message)
        { body: @request.to_hash, senderid: message['senderid'], callerid: message['callerid'],
          requestid: message['requestid'], msgtime: message['msgtime'], collective: message['collective'], agent: @agent_name }
      end

      # The checks that the node cannot make: validators of the agent, regular expressions that only Ruby knows, and the
      # presence of inputs of type "any".
      def check_own_validators
        @ddl.action_interface(@request.action)[:input].each do |name, input|
          unless @request.include?(name)
            raise MissingRPCData, "please supply a #{name} argument" if input[:type].to_s == 'any' && !input[:optional]

            next
          end
          next if input[:type].to_s != 'string' || input[:validation].nil?
          next if DDL::SHARED.include?(input[:validation]) && !Validator.own?(input[:validation])
          next if input.key?(:default) && input[:default] == @request[name]

          validate(name, input[:validation])
        end
      end

      def validate(key, validation)
        raise MissingRPCData, "please supply a #{key} argument" unless @request.include?(key)

        Validator.validate(@request[key], validation)
      rescue ValidatorError => e
        raise InvalidRPCData, "Input #{key} did not pass validation: #{e.message}"
      end

      def fail(message, code = 1)
        @reply.fail(message, code)
      end

      def fail!(message, code = 1)
        @reply.fail!(message, code)
      end

      # Runs a command and returns its exit code. stdout and stderr may be a Symbol, which names an output, or an object
      # to append to. Further options: stdin, cwd, environment, timeout, chomp.
      def run(command, options = {})
        shell_options = {}
        %i[stdin cwd environment timeout].each { |key| shell_options[key] = options[key] if options.key?(key) }
        %i[stdout stderr].each do |key|
          next unless options.key?(key)

          shell_options[key] = options[key].is_a?(Symbol) ? (@reply[options[key]] = +'') : options[key]
        end
        shell = Shell.new(command, shell_options)
        shell.runcommand
        %i[stdout stderr].each { |key| shell_options[key].chomp! if shell_options[key].is_a?(String) } if options[:chomp]
        shell.status && shell.status.exitstatus
      end

      # Declares that a script implements the action: agent/NAME/SCRIPT, or an absolute path.
      def implemented_by(command, format = :json)
        result = ActionRunner.new(command, @request, format).run
        @reply.data.merge!(result[:data])
        return if result[:exitstatus].zero?

        code = result[:exitstatus] <= 5 ? result[:exitstatus] : 1
        message = result[:stderr].strip
        @reply.fail(message.empty? ? "Failed to run #{command}: exit code #{result[:exitstatus]}" : message, code)
      rescue SystemCallError, RuntimeError => e
        @reply.fail("Unexpected failure calling #{command}: #{e.class}: #{e.message}")
      end
    end
  end
end
