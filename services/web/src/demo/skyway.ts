import type PeerClass from "skyway-js";
import address from "skyway-js/dist/skyway.js?url";

declare global {
  interface Window {
    Peer?: typeof PeerClass;
  }
}

/**
 * Loads the npm build of skyway-js with a script element, as its users do. Bundled as a module, it would get the global
 * object with `new Function`, which the content security policy blocks.
 */
export function loadSkyway(): Promise<typeof PeerClass> {
  return new Promise((resolve, reject) => {
    if (window.Peer) {
      resolve(window.Peer);
      return;
    }
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => (window.Peer ? resolve(window.Peer) : reject(new Error("skyway-js has no Peer")));
    script.onerror = () => reject(new Error("skyway-js could not be loaded"));
    document.head.append(script);
  });
}
