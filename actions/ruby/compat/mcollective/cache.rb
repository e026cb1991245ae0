# frozen_string_literal: true

module MCollective
  # Values with a time to live, in named caches. The caches last as long as the worker.
  module Cache
    @caches = {}
    @lock = Monitor.new

    class << self
      def setup(name, ttl = 300)
        @lock.synchronize { @caches[name] ||= { ttl: Float(ttl), items: {}, lock: Monitor.new } }
        true
      end

      def has_cache?(name)
        @caches.key?(name)
      end

      def write(name, key, value)
        cache(name)[:items][key] = { at: now, value: value }
        value
      end

      def read(name, key)
        raise "#{key} is not in the cache #{name}, or too old" unless ttl(name, key) > 0

        cache(name)[:items][key][:value]
      end

      # Returns the seconds left; 0 or less if the value has expired.
      def ttl(name, key)
        item = cache(name)[:items][key] or return 0
        cache(name)[:ttl] - (now - item[:at])
      end

      def invalidate!(name, key)
        !cache(name)[:items].delete(key).nil?
      end

      def delete!(name)
        !@caches.delete(name).nil?
      end

      def synchronize(name, &block)
        cache(name)[:lock].synchronize(&block)
      end

      private

      def cache(name)
        @caches[name] or raise "no cache is named #{name}"
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
