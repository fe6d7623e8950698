import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

/** The bundle that `npm run dev` uses. */
const BUNDLE = process.env["BUNDLE_URL"] ?? "http://localhost:8080";

export default defineConfig({
  plugins: [preact()],
  server: { proxy: { "/api": BUNDLE, "/socket.io": { target: BUNDLE, ws: true }, "/signaling": BUNDLE } },
  build: {
    rollupOptions: { input: ["index.html", "demo.html", "live.html"] },
    // skyway-js and hls.js are large; only the demo page loads skyway-js, and only the live page loads hls.js.
    chunkSizeWarningLimit: 1_000,
    // Inlined assets would be data: URLs, which the content security policy does not allow.
    assetsInlineLimit: 0,
  },
});
