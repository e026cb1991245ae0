# frozen_string_literal: true

module MCollective
  # An agent's description, read from NAME.ddl by running it.
  class DDL
    # Validators that the node, the hub and the clients check themselves; with theirs.
    SHARED = %i[shellsafe ipv4address ipv6address ipaddress fqdn path duration service_name package_name
                puppet_tags puppet_variable puppet_resource puppet_server_address].freeze

    attr_reader :pluginname, :plugintype, :meta, :entities, :requirements

    def initialize(name, type = :agent, load_file = true)
      @pluginname = name.to_s
      @plugintype = type.to_sym
      @meta = {}
      @entities = {}
      @requirements = {}
      @current = nil
      loadddlfile if load_file
    end

    def loadddlfile
      file = findddlfile or raise DDLValidationError, "there is no #{@plugintype}/#{@pluginname}.ddl"
      instance_eval(File.read(file, encoding: 'UTF-8'), file, 1)
    end

    def findddlfile(name = @pluginname, type = @plugintype)
      PluginManager.path_of("#{type}/#{name}.ddl")
    end

    def metadata(meta)
      @meta = meta
    end

    # {:mcollective => "2.2.1"}: the release whose agents these are has all that came before it.
    def requires(requirement)
      @requirements = @requirements.merge(requirement)
      wanted = requirement[:mcollective] or return
      return unless Util.versioncmp(wanted, VERSION) > 0

      raise DDLValidationError, "it requires MCollective #{wanted}; what is built in goes up to #{VERSION}"
    end

    def action(name, options = {}, &block)
      raise DDLValidationError, "action #{name} needs a block" unless block

      @current = name.to_s
      @entities[@current] = { action: @current, input: {}, output: {}, display: :failed,
                              description: options[:description].to_s, aggregate: [] }
      @entities[@current][:impact] = options[:impact].to_s if options[:impact]
      yield
    ensure
      @current = nil
    end

    def input(name, properties)
      entity = current
      properties = { prompt: name.to_s, description: '', type: :string }.merge(properties)
      entity[:input][name.to_sym] = properties
    end

    def output(name, properties)
      current[:output][name.to_sym] = { description: '', display_as: name.to_s }.merge(properties)
    end

    def display(mode)
      current[:display] = mode.to_sym
    end

    def summarize
      @summarizing = true
      yield
    ensure
      @summarizing = false
    end

    def aggregate(function, format = {})
      raise DDLValidationError, 'aggregate needs a function such as summary(:output)' unless function.is_a?(Hash) && function[:args]

      current[:aggregate] << function.merge(format)
    end

    # Within summarize every word is a function: summary(:version).
    def method_missing(name, *arguments)
      return super unless @summarizing

      options = arguments.last.is_a?(Hash) ? arguments.pop : {}
      { function: name, args: arguments }.merge(options)
    end

    def respond_to_missing?(_name, _include_private = false)
      @summarizing || super
    end

    def actions
      @entities.keys.sort
    end

    def action_interface(name)
      @entities[name.to_s] || { action: name.to_s, input: {}, output: {}, display: :failed, description: '', aggregate: [] }
    end

    def timeout
      @meta.fetch(:timeout, 10)
    end

    def help(_template = nil)
      @meta[:description].to_s
    end

    private

    def current
      @entities.fetch(@current) { raise DDLValidationError, 'inputs and outputs belong into an action' }
    end
  end
end
