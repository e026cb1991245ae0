# frozen_string_literal: true

module MCollective
  # The settings of the node, which the node agent passes; "plugin.x.y" is pluginconf["x.y"].
  class Config
    def self.instance
      @instance ||= new
    end

    attr_reader :pluginconf, :identity, :collectives, :main_collective, :libdir, :configfile, :classesfile,
                :classes, :facts_source

    def initialize
      @pluginconf = {}
      @identity = ''
      @collectives = []
      @libdir = []
      @classes = []
      @facts_source = -> { {} }
    end

    def update(settings, libdirs, facts)
      @pluginconf = from_server_cfg(settings['pluginconf']).merge(settings['pluginconf'] || {})
      @identity = settings['identity'].to_s
      @collectives = settings['collectives'] || []
      @main_collective = settings['main_collective']
      @configfile = settings['configfile'].to_s
      @classesfile = settings['classesfile'].to_s
      @classes = settings['classes'] || []
      @libdir = libdirs
      @facts_source = facts
    end

    def configured
      true
    end

    def configdir
      File.dirname(configfile)
    end

    def loadconfig(_path = nil); end

    # All other settings are unset.
    def method_missing(name, *arguments)
      arguments.empty? ? nil : super
    end

    def respond_to_missing?(name, include_private = false)
      super
    end

    private

    # Reads the plugin settings of an old server.cfg if the node's settings name one.
    def from_server_cfg(own)
      file = (own || {})['mcollective.server_cfg'].to_s
      return {} if file.empty? || !File.readable?(file)

      File.readlines(file).each_with_object({}) do |line, found|
        found[$1] = $2.strip if line =~ /\A\s*plugin\.([^=\s]+)\s*=\s*(.*)\z/m
      end
    end
  end
end
