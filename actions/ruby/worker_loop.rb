# frozen_string_literal: true

# The loop of a warm worker: it reads one JSON object a line and writes one. Only this loop uses the two pipes: the
# output of the code that it calls goes to standard error, and child processes cannot read requests.
require 'json'
require 'set'

module Orch
  module WorkerLoop
    MAX_DEPTH = 30 # levels of an answer; the reader's limit is 32

    # Yields every request and answers with the result of the block. Returns at the end of standard input.
    def self.run
      Encoding.default_external = Encoding::UTF_8
      requests = $stdin.dup
      answers = $stdout.dup
      [requests, answers].each { |io| io.set_encoding(Encoding::UTF_8) }
      STDIN.reopen(File::NULL)
      STDOUT.reopen(STDERR)
      STDOUT.sync = STDERR.sync = answers.sync = true
      while (line = requests.gets)
        request = JSON.parse(line)
        answer = yield(request)
        answer = answer.merge('requestid' => request['requestid']) if request['requestid']
        answers.write("#{JSON.generate(clean(answer))}\n")
      end
    end

    # Converts a value to one that JSON can express: symbols and times become text, and text becomes valid UTF-8.
    def self.clean(value, depth = 0)
      return value.inspect[0, 200] if depth > MAX_DEPTH

      case value
      when nil, true, false, Integer then value
      when Float then value.finite? ? value : value.to_s
      when Hash then value.each_with_object({}) { |(key, item), clean| clean[text(key)] = clean(item, depth + 1) }
      when Array then value.map { |item| clean(item, depth + 1) }
      when Set then value.map { |item| clean(item, depth + 1) }
      else text(value)
      end
    end

    def self.text(value)
      text = value.to_s
      text = text.dup.force_encoding(Encoding::UTF_8) if text.encoding == Encoding::ASCII_8BIT
      text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
    end
  end
end
