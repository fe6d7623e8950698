import { fuzzLibrary } from "./services/skyway-webrtc-gateway/src/fuzz/fuzzOffers.ts";
import { freeUdpPort } from "./services/skyway-webrtc-gateway/src/testing/udpReceiver.ts";
for (let i = 0; i < 5; i++) { const n = await fuzzLibrary(i + 1, 6000, await freeUdpPort()); await new Promise(r => setTimeout(r, 2000)); console.log(i, n, (process.memoryUsage().rss / 1048576).toFixed(0)); }
