/** The SDP with which a browser restarts ICE: new credentials for each `count`, and no candidates yet. */
export function restartedSdp(sdp: string, count: number): string {
  return sdp
    .replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:again${count}`)
    .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${"again".repeat(5)}${count}`)
    .replace(/a=(candidate|end-of-candidates).*\r\n/g, "");
}
