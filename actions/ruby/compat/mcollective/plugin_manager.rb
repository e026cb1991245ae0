# frozen_string_literal: true

module MCollective
  # Finds the files of plugins in the library folders. They are in the subfolder "mcollective", as after an
  # installation, or in the library folder itself, as in the repository of an agent.
  module PluginManager
    @plugins = {}

    class << self
      # Returns the file of a plugin by its path below "mcollective", or nil.
      def path_of(relative)
        Config.instance.libdir.each do |folder|
          ['mcollective', ''].each do |inside|
            path = File.join(*[folder, inside, relative].reject(&:empty?))
            return path if File.file?(path)
          end
        end
        nil
      end

      # "MCollective::Util::PuppetAgentMgr" is in util/puppetagentmgr.rb.
      def loadclass(name, squash_failures = false)
        relative = name.to_s.gsub('::', '/').downcase.sub(%r{\Amcollective/}, '')
        path = path_of("#{relative}.rb")
        path ? require(path) : require("mcollective/#{relative}")
      rescue LoadError, StandardError => e
        raise unless squash_failures

        Log.warn("cannot load #{name}: #{e.message}")
      end

      # Returns the names of the plugins of a kind: find("agent"), find("agent", "ddl").
      def find(kind, extension = 'rb')
        Config.instance.libdir.flat_map do |folder|
          ['mcollective', ''].flat_map do |inside|
            Dir.glob(File.join(*[folder, inside, kind.to_s, "*.#{extension}"].reject(&:empty?)))
          end
        end.map { |path| File.basename(path, ".#{extension}") }.uniq
      end

      def find_and_load(kind, extension = 'rb')
        find(kind, extension).each do |name|
          next if block_given? && !yield(name)

          require path_of("#{kind}/#{name}.#{extension}")
        end
      end

      def <<(plugin)
        @plugins[plugin[:type].to_s] = plugin[:class]
      end

      def [](type)
        return Facts if type.to_s == 'facts_plugin'

        found = @plugins[type.to_s]
        found = @plugins[type.to_s] = Object.const_get(found).new if found.is_a?(String)
        found
      end

      def include?(type)
        type.to_s == 'facts_plugin' || @plugins.key?(type.to_s)
      end

      def pluginlist
        @plugins.keys.sort
      end

      def grep(pattern)
        pluginlist.grep(pattern)
      end
    end
  end
end

module Kernel
  alias orch_require require
  private :orch_require

  # Finds "mcollective/util/x" in a library folder that has no folder "mcollective".
  def require(name)
    orch_require(name)
  rescue LoadError
    raise unless name.to_s.start_with?('mcollective/')

    path = MCollective::PluginManager.path_of("#{name.to_s.sub('mcollective/', '').sub(/\.rb\z/, '')}.rb")
    raise unless path

    orch_require(path)
  end
  private :require
end
