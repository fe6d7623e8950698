/** A recorder that ends sooner after its start was ended by the media that it received first. */
const SOON_MS = 10_000;
/** Exit codes of programs that a signal has ended. */
const SIGNALS = { first: 129, last: 159 };
/** ffmpeg's exit codes for EIO, ENOSPC and EROFS: the volume failed, not the media. */
const VOLUME_ERRORS: ReadonlySet<number> = new Set([256 - 5, 256 - 28, 256 - 30]);
/** ffmpeg's exit codes for media that it cannot read: the low byte of AVERROR(EINVAL) and AVERROR_INVALIDDATA. */
const UNREADABLE: ReadonlySet<number> = new Set([256 - 22, 183]);

/** Whether the program that recorded a track ended because it cannot read the media. */
export function isUnreadable(exitCode: number): boolean {
  return UNREADABLE.has(exitCode);
}

/**
 * Whether ffmpeg gave up because of the media itself. The next recorder receives the same media again, and would give up
 * as well.
 *
 * @param exitCode of the `record` script; undefined if something else removed the container.
 * @param ranMs how long the recorder ran, in milliseconds.
 */
export function refusedMedia(exitCode: number | undefined, ranMs: number): boolean {
  if (exitCode === undefined || exitCode === 0 || ranMs > SOON_MS) return false;
  return !(exitCode >= SIGNALS.first && exitCode <= SIGNALS.last) && !VOLUME_ERRORS.has(exitCode);
}
