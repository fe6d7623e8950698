/**
 * Labels of this project's containers. A restarted orchestrator restores its state from them and from the manifests.
 */
export const LABEL = {
  project: "io.skyway-call-recorder.project",
  role: "io.skyway-call-recorder.role",
  recorderId: "io.skyway-call-recorder.recorder-id",
  callId: "io.skyway-call-recorder.call-id",
  legId: "io.skyway-call-recorder.leg-id",
  /** The first of a recorder's ports. */
  port: "io.skyway-call-recorder.port",
  jobId: "io.skyway-call-recorder.job-id",
} as const;
