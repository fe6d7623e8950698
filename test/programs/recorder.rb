# A program like the official gateway's samples: Net::HTTP without headers, one connection per request, and one thread
# per awaited event, which discards all other events.
#
#   ruby recorder.rb <origin of the gateway> <key> <peer id> <video port> <audio port>
require "json"
require "net/http"
require "uri"

origin, key, peer_id, video_port, audio_port = ARGV
$gateway = URI.parse(origin)
$stdout.sync = true

def request(method, path, *body)
  Net::HTTP.start($gateway.host, $gateway.port) { |http| http.send(method, path, *body) }
end

def wait_thread_for(path, event)
  Thread.new do
    loop do
      response = request(:get, path)
      next unless response.is_a?(Net::HTTPSuccess)

      found = JSON.parse(response.body)
      break found if found["event"] == event
    end
  end
end

def create_peer(key, peer_id)
  body = { "key" => key, "domain" => "localhost", "turn" => false, "peer_id" => peer_id }
  response = request(:post, "/peers", JSON.generate(body))
  raise "peer: #{response.code} #{response.body}" unless response.is_a?(Net::HTTPCreated)

  JSON.parse(response.body)["params"]["token"]
end

def answer(media_connection_id, video_port, audio_port)
  body = {
    "constraints" => {
      "video" => false, "videoReceiveEnabled" => true, "audio" => false, "audioReceiveEnabled" => true,
      "video_params" => { "band_width" => 1500, "codec" => "VP8", "media_id" => "hoge", "payload_type" => 96 }
    },
    "redirect_params" => {
      "video" => { "ip_v4" => "127.0.0.1", "port" => Integer(video_port) },
      "audio" => { "ip_v4" => "127.0.0.1", "port" => Integer(audio_port) }
    }
  }
  response = request(:post, "/media/connections/#{media_connection_id}/answer", JSON.generate(body))
  raise "answer: #{response.code} #{response.body}" unless response.is_a?(Net::HTTPAccepted)
end

token = create_peer(key, peer_id)
peer_events = "/peers/#{peer_id}/events?token=#{token}"
opened = wait_thread_for(peer_events, "OPEN")
wait_thread_for(peer_events, "CONNECTION") # of which there is none
called = wait_thread_for(peer_events, "CALL")
puts "OPEN #{opened.value["params"]["peer_id"]}"

media_connection_id = called.value["call_params"]["media_connection_id"]
puts "CALL #{media_connection_id}"
events = "/media/connections/#{media_connection_id}/events"
answer(media_connection_id, video_port, audio_port)
%w[READY STREAM].each do |event|
  wait_thread_for(events, event).join
  puts event
end
wait_thread_for(events, "CLOSE").join
puts "CLOSE"

response = request(:delete, "/peers/#{peer_id}?token=#{token}")
puts "deleted #{response.code}"
