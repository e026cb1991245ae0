# frozen_string_literal: true

# Puppet's resource abstraction layer for the plugin "puppetral". Loads Puppet once and then answers find, search and
# create. The node agent runs it with Puppet's own ruby and passes Puppet's arguments (--config FILE).
require_relative 'worker_loop'
require 'puppet'

module Orch
  # Writes Puppet's messages to standard error. Without a destination, Puppet keeps every message forever.
  Puppet::Util::Log.newdesttype :orch do
    match 'Orch::LogDestination'
    def initialize(_name); end

    def handle(message)
      return unless %i[warning err alert emerg crit].include?(message.level)

      warn "#{message.level}: #{message.source == 'Puppet' ? '' : "#{message.source}: "}#{message}"
    end
  end
  class LogDestination; end

  # Ignores a provider that cannot list its resources, so that the others are still listed.
  module ForgivingInstances
    def instances(*arguments)
      super
    rescue StandardError, LoadError => e
      warn "provider #{name}: #{e.message}"
      []
    end
  end

  class Puppetral
    SAME_FOR_ALL = %w[type title avoid_conflict].freeze

    def initialize
      Puppet.initialize_settings(ARGV)
      Puppet::Util::Log.newdestination(LogDestination.new)
    end

    def answer(request)
      Puppet.settings.reparse_config_files
      environment = Puppet.lookup(:environments).get(Puppet[:environment]) ||
                    Puppet::Node::Environment.create(Puppet[:environment].to_sym, [])
      Puppet.override({ current_environment: environment, loaders: Puppet::Pops::Loaders.new(environment) }, 'orch') do
        reload_changed(environment)
        act(request['action'], request.fetch('data', {}))
      end
    rescue Puppet::Error, Puppet::DevError, ArgumentError, SystemCallError => e
      { statuscode: 1, statusmsg: e.message }
    rescue StandardError, ScriptError => e
      { statuscode: 5, statusmsg: "#{e.class}: #{e.message} (#{e.backtrace&.first})", error_kind: 'crash' }
    end

    private

    # Reloads the types and providers that pluginsync has replaced. Puppet's own method searches every folder for every
    # file, which takes 25 ms.
    def reload_changed(environment)
      Puppet::Util::Autoload.loaded.to_a.each do |name, (file, time)|
        next if !File.exist?(file) || File.mtime(file).to_i == time.to_i

        Puppet::Util::Autoload.load_file(name, environment)
      end
    end

    def act(action, inputs)
      case action
      when 'find' then find(inputs)
      when 'search' then search(inputs)
      when 'create' then create(inputs)
      else { statuscode: 2, statusmsg: "puppetral has no action '#{action}'" }
      end
    end

    def ok(data)
      { statuscode: 0, statusmsg: 'OK', data: data }
    end

    def type_of(inputs)
      Puppet::Type.type(inputs['type']) or
        raise Puppet::Error, "Puppet on this node has no resource type '#{inputs['type']}'"
    end

    def find(inputs)
      type = type_of(inputs)
      resource = type.new(name: inputs['title'], audit: type.properties.map(&:name))
      prefetch(resource)
      state = resource.to_resource
      managed = managed?(resource)
      ok(describe(state).merge('managed' => managed))
    end

    # Prefetches as the transaction of a catalog does, because some providers read all their resources together.
    def prefetch(resource)
      provider = resource.provider.class
      provider.prefetch(resource.name => resource) if resource.provider && provider.respond_to?(:prefetch)
    end

    # Returns whether the last catalog had the resource, or "unknown" if Puppet has left no list. The rule is that of
    # managed_resources.h: by title or name, unchanged or in lower case, with normalized paths of files.
    def managed?(resource)
      listed = File.readlines(Puppet[:resourcefile], chomp: true, encoding: 'UTF-8')
      names = [resource.title]
      names << resource[resource.name_var] if resource.name_var
      wanted = names.flat_map { |name| [name.to_s, name.to_s.downcase] }.uniq
      return true if wanted.any? { |name| listed.include?("#{resource.type}[#{name}]") }
      return false unless resource.type == :file

      paths = listed.map { |line| line[/\Afile\[(\/.*)\]\z/m, 1] }.compact.map { |path| File.expand_path(path) }
      wanted.any? { |name| name.start_with?('/') && paths.include?(File.expand_path(name)) }
    rescue SystemCallError
      'unknown'
    end

    def search(inputs)
      ok(instances(type_of(inputs)).map { |resource| [resource.title, describe(resource)] }.to_h)
    end

    def instances(type)
      type.providers_by_source.each do |provider|
        provider.singleton_class.prepend(ForgivingInstances) unless provider.singleton_class < ForgivingInstances
      end
      type.instances.map(&:to_resource)
    end

    def describe(resource)
      parameters = resource.prune_parameters.to_hash
      parameters.delete(resource.resource_type.key_attributes.first) if resource.resource_type.key_attributes.size == 1
      parameters[:password] = '[redacted]' if parameters[:password].to_s.size > 2 # longer than "*" and "!!"
      { 'exported' => resource.exported ? true : false, 'title' => resource.title, 'parameters' => parameters,
        'tags' => resource.tags.to_a, 'type' => resource.type }
    end

    def create(inputs)
      type = type_of(inputs)
      title = inputs['title']
      parameters = inputs.reject { |key, _| SAME_FOR_ALL.include?(key) }
      drop_conflict(type, title, inputs['avoid_conflict'], parameters)
      resource = Puppet::Resource.new(type.name, title, parameters: parameters.transform_keys(&:to_sym))
      result, report = Puppet::Resource.indirection.save(resource, "#{type.name}/#{title}")
      problem = problem_in(report)
      data = { 'status' => problem || 'Resource was created', 'resource' => describe(result) }
      return ok(data) unless problem

      { statuscode: 1, statusmsg: problem, data: data }
    end

    # Drops the property if another resource of the type has this value or if the title exists.
    def drop_conflict(type, title, property, parameters)
      return unless property && parameters.key?(property)

      taken = instances(type).any? do |other|
        other.title == title || other.to_hash[property.to_sym].to_s == parameters[property].to_s
      end
      parameters.delete(property) if taken
    end

    def problem_in(report)
      statuses = report.resource_statuses.values
      events = statuses.flat_map(&:events)
      failure = events.find { |event| event.status == 'failure' }
      return failure.message if failure
      return report.logs.map(&:message).last || 'Puppet says only that it failed' if statuses.any?(&:failed)

      'Resource was not created: Puppet is in noop mode on this node' if events.any? { |event| event.status == 'noop' }
    end
  end
end

ral = nil
Orch::WorkerLoop.run do |request|
  ral = Orch::Puppetral.new if ral.nil?
  ral.answer(request)
end
