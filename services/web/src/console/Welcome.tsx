/** What a newcomer sees before the first call. */
export function Welcome() {
  return (
    <section class="welcome">
      <div class="lamp" aria-hidden="true" />
      <h1>Nothing recorded yet</h1>
      <p>
        Open the <a href="/demo">demo call</a> in two windows, call one from the other, and hang up. The recordings
        appear here while you talk.
      </p>
      <p class="quiet">
        Your own page records a call with <code>peer.call("TestRecorder", stream)</code>.
      </p>
    </section>
  );
}
