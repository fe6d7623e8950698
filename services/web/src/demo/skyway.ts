import type PeerClass from "skyway-js";
import address from "skyway-js/dist/skyway.js?url";

declare global {
  interface Window {
    Peer?: typeof PeerClass;
  }
}

/**
 * skyway-js as npm delivers it, loaded by a script element as its users do. Bundled as a module it would look for
 * the global object by `new Function`, which the content security policy refuses.
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
