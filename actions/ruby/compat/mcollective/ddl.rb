# frozen_string_literal: true

module MCollective
  # The DDL of an agent, which is read by running NAME.ddl.
  class DDL
    # The validators that the node, the hub and the clients know, with the names that they use.
    SHARED = %i[shellsafe ipv4address ipv6address ipaddress fqdn path duration service_name package_name
                package_version puppet_tags puppet_variable puppet_resource puppet_server_address].freeze

    # The aggregate functions of MCollective, which are known outside of summarize, too.
    FUNCTIONS = %w[average summary sum].freeze
    DISPLAYS = %i[always failed ok flatten].freeze

    attr_reader :pluginname, :plugintype, :meta, :entities, :requirements

    def initialize(name, type = :agent, load_file = true)
      @pluginname = name.to_s
      @plugintype = type.to_sym
      @meta = {}
      @entities = {}
      @requirements = {}
      @usage = ''
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

    # Sets the display text; without an argument, returns it.
    def usage(text = nil)
      text ? @usage = text : @usage
    end

    # Accepts {:mcollective => "2.2.1"}: this environment is that of a later release.
    def requires(requirement)
      @requirements = @requirements.merge(requirement)
      wanted = requirement[:mcollective] or return
      return unless Util.versioncmp(wanted, VERSION) > 0

      raise DDLValidationError, "it requires MCollective #{wanted}; what is built in goes up to #{VERSION}"
    end

    def action(name, options = {}, &block)
      @current = name.to_s
      # A second declaration adds its options to the first one.
      @entities[@current] ||= { action: @current, input: {}, output: {}, display: :failed,
                                description: options[:description].to_s, aggregate: [] }
      @entities[@current][:impact] = options[:impact].to_s if options[:impact]
      yield if block
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
      unless DISPLAYS.include?(mode.to_sym)
        raise DDLValidationError, "display #{mode}: it is one of #{DISPLAYS.join(', ')}"
      end

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

    # Inside summarize, every word is a function: summary(:version). Elsewhere only known words are.
    def method_missing(name, *arguments)
      return super unless function?(name)

      options = arguments.last.is_a?(Hash) ? arguments.pop : {}
      { function: name, args: arguments }.merge(options)
    end

    def respond_to_missing?(_name, _include_private = false)
      function?(_name) || super
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

    def function?(name)
      @summarizing || (@current && (FUNCTIONS.include?(name.to_s) || PluginManager.find('aggregate').include?(name.to_s)))
    end

    def current
      @entities.fetch(@current) { raise DDLValidationError, 'inputs and outputs belong into an action' }
    end
  end
end
