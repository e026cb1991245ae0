# frozen_string_literal: true

module MCollective
  # Converts a Ruby DDL to the JSON that the node, the hub and the clients read.
  class DdlJson
    # `read` and `open_inputs` are lists of "agent.action" from the node's settings: actions that change nothing, and
    # actions that accept undeclared inputs.
    def initialize(name, ddl, read: [], open_inputs: [])
      @name = name
      @ddl = ddl
      @read = read
      @open_inputs = open_inputs
    end

    def to_hash
      meta = @ddl.meta
      metadata = { 'name' => @name, 'provider' => 'mcollective', 'timeout' => number(meta[:timeout]) }
      %w[description author license version url].each { |key| metadata[key] = meta[key.to_sym].to_s if meta[key.to_sym] }
      metadata['license'] ||= 'unknown'
      { 'metadata' => metadata, 'actions' => @ddl.actions.map { |action| action_hash(@ddl.action_interface(action)) } }
    end

    private

    # Returns a number, even if it is written as text.
    def number(value)
      value.is_a?(String) ? Float(value) : value
    rescue ArgumentError
      value
    end

    def action_hash(entity)
      full_name = "#{@name}.#{entity[:action]}"
      impact = @read.include?(full_name) ? 'read' : entity[:impact] || 'change'
      # An input of type "any" cannot be checked, so it is not declared. "flatten" displays all replies.
      rich, inputs = entity[:input].partition { |_, input| input[:type].to_s == 'any' }.map(&:to_h)
      { 'action' => entity[:action], 'description' => entity[:description],
        'display' => entity[:display] == :flatten ? 'always' : entity[:display].to_s,
        'impact' => impact, 'additional_inputs' => rich.any? || @open_inputs.include?(full_name),
        'input' => each_value(inputs) { |name, input| input_hash(full_name, name, input) },
        'output' => each_value(entity[:output]) { |_, output| output_hash(output) },
        'aggregate' => entity[:aggregate].reject { |one| one[:args].empty? }.map { |one| aggregate_hash(one) } }
    end

    def each_value(fields)
      fields.each_with_object({}) { |(name, field), all| all[name.to_s] = yield(name, field) }
    end

    def input_hash(action, name, input)
      hash = { 'prompt' => input[:prompt].to_s, 'description' => input[:description].to_s,
               'type' => input[:type].to_s.downcase, 'optional' => input[:optional] ? true : false }
      # As in MCollective, an optional input without a value stays absent.
      hash['default'] = plain(input[:default]) unless input[:default].nil? || input[:optional]
      hash['maxlength'] = input[:maxlength].to_i if input[:maxlength] && hash['type'] != 'list'
      hash['list'] = input[:list].map { |item| plain(item) } if input[:list]
      validation = validation_text(input[:validation])
      hash['validation'] = validation if validation && %w[string integer float number array].include?(hash['type'])
      hash
    rescue DDLValidationError => e
      raise DDLValidationError, "action #{action}, input #{name}: #{e.message}"
    end

    def output_hash(output)
      hash = { 'description' => output[:description].to_s, 'display_as' => output[:display_as].to_s }
      hash['type'] = output[:type].to_s if output[:type]
      hash['default'] = plain(output[:default]) unless output[:default].nil?
      hash
    end

    def aggregate_hash(aggregate)
      arguments = aggregate[:args].map { |argument| plain(argument) }
      options = aggregate.reject { |key, _| %i[function args].include?(key) }
      arguments << each_value(options) { |_, value| plain(value) } unless options.empty?
      { 'function' => aggregate[:function].to_s, 'args' => arguments }
    end

    def plain(value)
      value.is_a?(Symbol) ? value.to_s : value
    end

    # Returns nil if JSON cannot express the validation. The agent's worker (RPC::Agent) checks it in any case.
    def validation_text(validation)
      case validation
      when nil then nil
      when Regexp then extended?(validation) ? nil : portable(flags(validation), validation.source)
      when String then validation.empty? ? nil : portable('', validation)
      when Symbol then named(validation)
      when Array, Integer, Module then nil
      else raise DDLValidationError, "a validation cannot be a #{validation.class}"
      end
    end

    def named(name)
      return nil if Validator::TYPES.key?(name) # the input's type says as much
      return name.to_s if DDL::SHARED.include?(name) && !Validator.own?(name)
      return nil if Validator.own?(name)

      raise DDLValidationError, "no validator is named #{name}; known: #{DDL::SHARED.join(', ')}, and those in the folder validator"
    end

    def flags(regexp)
      flags = { Regexp::IGNORECASE => 'i', Regexp::MULTILINE => 's' }.map { |bit, letter| regexp.options & bit == 0 ? '' : letter }.join
      flags.empty? ? '' : "(?#{flags})"
    end

    def extended?(regexp)
      regexp.options & Regexp::EXTENDED != 0
    end

    # The constructs that only Ruby can match: look-around, backreferences, atomic groups, possessive repetition, calls,
    # conditions, comments, Ruby's own code points and escapes, and intersections of classes.
    RUBY_ONLY = /\(\?(?:[=!>~\#(]|<[=!]|[imx-]*[mx])|\\(?:[1-9kgGKXeucCM]|p\{\^?(?!(?:L[ulotm]?|N[dlo]?|P[cdsefio]?|Greek|Latin)\})|P\{)|[*+?}]\+|&&/.freeze

    # Returns nil if RE2 would match differently.
    def portable(flags, source)
      RUBY_ONLY.match?(source.gsub('\\\\', '')) ? nil : flags + re2(source)
    end

    # Ruby's \Z accepts a line end, which must not pass here; the others are only spelled differently.
    RE2 = { '\\Z' => '\\z', '\\h' => '[0-9a-fA-F]', '\\H' => '[^0-9a-fA-F]', '\\_' => '_', '\\R' => '(?:\\r\\n|[\\n\\r])' }.freeze
    IN_CLASS = { '\\h' => '0-9a-fA-F', '\\_' => '_' }.freeze

    def re2(source)
      in_class = false
      text = source.gsub(/\\.|\[|\]|\(\?<(?=[a-zA-Z_])/m) do |token|
        known = in_class ? IN_CLASS : RE2
        in_class = true if token == '['
        in_class = false if token == ']'
        token == '(?<' ? '(?P<' : known.fetch(token, token)
      end
      # A lower-case word would mean the name of a validator.
      text =~ /\A[a-z][a-z0-9_]*\z/ ? "(?:#{text})" : text
    end
  end
end
