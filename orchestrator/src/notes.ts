interface NoteEntry {
  message: string;
  hint: string;
}

/**
 * Everything that a leg can lack beside the media in its files, or have in a form that players cannot show. The
 * manifest, the API, webhooks, the console and a metric show these codes; docs/operations.md explains them.
 */
export const NOTES = {
  NOT_RECORDED_CODEC: {
    message: "a kind of media was offered and is not recorded, because the recorder supports none of its codecs",
    hint: "Change the page so that it also offers a codec of video.codecs or audio.codecs, or add the codec there.",
  },
  NOT_RECORDED_TRACK: {
    message: "a track was offered and is not recorded, because the caller already has as many as it may have",
    hint: "Raise maxTracksPerLeg, or send the track in a call of its own.",
  },
  NO_BUNDLE: {
    message: "a track was offered and is not recorded, because it has a transport of its own",
    hint: "Send all tracks over one transport: an offer with a=group:BUNDLE (RFC 9143), as browsers make by default.",
  },
  LOST: {
    message: "packets were lost on the way to the gateway, and their retransmission failed",
    hint: "The sender's network loses more packets than retransmission can repair. Sound has a gap there, and the picture stands still or is disturbed until the next keyframe.",
  },
  DROPPED: {
    message: "packets arrived and are not in the recording",
    hint: "The gateway could not use them: they came too late, were damaged, or lack the start of their picture. The gateway's metrics count them too.",
  },
  ENCRYPTED: {
    message: "the media is probably encrypted end to end",
    hint: "The page must not encrypt media for the recorder: no RTCRtpScriptTransform and no createEncodedStreams on calls to it.",
  },
  UNDECODABLE: {
    message: "a part of the recording cannot be decoded",
    hint: "The sender may have changed to a form of the codec that ffmpeg cannot decode, or begun to encrypt its media in mid-call, or packets were lost.",
  },
  SHORTER: {
    message: "the recording is shorter than the time during which media arrived",
    hint: "The log has the recorder's last output. The gateway's counters are in the manifest.",
  },
  NOT_IN_FILE: {
    message: "media was forwarded to the recorder and is not in the file",
    hint: "This host may have been overloaded: reduce maxConcurrentRecorders. Or ffmpeg could not read it: the log has the recorder's last output.",
  },
  RECORDER_FAILED: {
    message: "the recorder of a track ended with an error",
    hint: "The file has what was recorded until then. The log has the recorder's last output.",
  },
} as const satisfies Record<string, NoteEntry>;

export type NoteCode = keyof typeof NOTES;
