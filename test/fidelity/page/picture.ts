import {
  BAND_HEIGHT,
  CELL_WIDTH,
  cellsOf,
  FLASH,
  FLASH_EVERY_FRAMES,
  FLASH_FRAMES,
  FRAME_RATE,
  HEIGHT,
  WIDTH,
} from "../pattern.ts";

/** A worker's timers stay on time when the page is busy or hidden. Ticks are whole frames after `start`. */
const ticker = (startMs: number) => `
  const period = 1000 / ${FRAME_RATE};
  const passed = performance.timeOrigin + performance.now() - ${startMs};
  let due = performance.now() + period - (passed % period);
  const tick = () => {
    postMessage(performance.timeOrigin + due);
    due += period;
    setTimeout(tick, due - performance.now());
  };
  setTimeout(tick, period);
`;

export interface Picture {
  readonly track: MediaStreamTrack;
}

/**
 * Draws the pattern frame by frame and captures each frame.
 *
 * @param startMs time of frame 0, in unix milliseconds: pages with the same value show the same frames simultaneously.
 * @param flashDue called half a second before each flash with its time, in unix milliseconds.
 */
export function drawPictures(canvas: HTMLCanvasElement, startMs: number, flashDue: (atMs: number) => void): Picture {
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d", { alpha: false, desynchronized: false });
  if (!context) throw new Error("no canvas");
  const stream = canvas.captureStream(0);
  const [track] = stream.getVideoTracks() as CanvasCaptureMediaStreamTrack[];
  if (!track) throw new Error("the canvas has no track");
  const worker = new Worker(URL.createObjectURL(new Blob([ticker(startMs)], { type: "text/javascript" })));
  worker.onmessage = ({ data: dueMs }) => {
    const counter = Math.round((((dueMs as number) - startMs) * FRAME_RATE) / 1000);
    draw(context, counter);
    track.requestFrame();
    const framesToFlash = FLASH_EVERY_FRAMES - (counter % FLASH_EVERY_FRAMES);
    if (framesToFlash === FLASH_EVERY_FRAMES / 2) flashDue((dueMs as number) + (framesToFlash * 1000) / FRAME_RATE);
  };
  return { track };
}

function draw(context: CanvasRenderingContext2D, counter: number): void {
  context.fillStyle = "#101010";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  cellsOf(counter).forEach((white, cell) => {
    context.fillStyle = white ? "#ebebeb" : "#101010";
    context.fillRect(cell * CELL_WIDTH, 0, CELL_WIDTH, BAND_HEIGHT);
  });
  context.fillStyle = "#ebebeb";
  if (counter % FLASH_EVERY_FRAMES < FLASH_FRAMES) context.fillRect(FLASH.x, FLASH.y, FLASH.width, FLASH.height);
  // A part that always moves, like a camera's picture.
  context.fillStyle = "#808080";
  context.fillRect((counter * 7) % WIDTH, HEIGHT - 50, 60, 40);
}
