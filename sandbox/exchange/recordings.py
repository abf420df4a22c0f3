"""Recordings: kept until deleted, and announced when they can be fetched."""

from __future__ import annotations

import base64
import io
import wave
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from sandbox.exchange.records import API_VERSION, Hook, new_sid

if TYPE_CHECKING:
    from sandbox.exchange.switch import Switch

#: Seconds until a recording is processed and can be fetched.
PROCESSING = 1.0
SAMPLES_A_SECOND = 8000
#: An MPEG-1 layer III frame of silence: 128 kbit/s, 44.1 kHz, mono; 26 ms.
SILENT_FRAME = b"\xff\xfb\x90\xc4" + bytes(413)
FRAME_SECONDS = 1152 / 44100


@dataclass
class Recording:
    """One recording (Twilio: Recordings resource)."""

    call_sid: str
    seconds: int
    source: str
    start_time: datetime
    created: datetime
    audio: bytes = b""
    #: What was said, when a person typed it instead of speaking.
    words: str = ""
    sid: str = field(default_factory=lambda: new_sid("RE"))
    status: str = "processing"
    updated: datetime | None = None

    def wav(self) -> bytes:
        """Return the sound given by the person, or silence of the right length."""
        if self.audio:
            return self.audio
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLES_A_SECOND)
            file.writeframes(bytes(2 * SAMPLES_A_SECOND * self.seconds))
        return sound.getvalue()

    def mp3(self) -> bytes:
        """Return the sound if it is MPEG already, else silence of the right length."""
        if self.audio.startswith((b"ID3", b"\xff\xfb")):
            return self.audio
        return SILENT_FRAME * max(1, round(self.seconds / FRAME_SECONDS))

    def snapshot(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "sid": self.sid,
            "call_sid": self.call_sid,
            "seconds": self.seconds,
            "source": self.source,
            "start_time": self.start_time.isoformat(),
            "created": self.created.isoformat(),
            "audio": base64.b64encode(self.audio).decode(),
            "words": self.words,
        }

    @classmethod
    def restored(cls, kept: dict[str, Any]) -> Recording:
        """Return the recording of a snapshot; whatever was being processed is complete."""
        return cls(
            call_sid=kept["call_sid"],
            seconds=kept["seconds"],
            source=kept["source"],
            start_time=datetime.fromisoformat(kept["start_time"]),
            created=datetime.fromisoformat(kept["created"]),
            audio=base64.b64decode(kept["audio"]),
            words=kept["words"],
            sid=kept["sid"],
            status="completed",
        )


class Recordings:
    """All recordings of the account."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.all: dict[str, Recording] = {}

    def url(self, recording: Recording) -> str:
        """Return where the sound can be fetched with the account's credentials."""
        switch = self._switch
        return f"{switch.base_url}/{API_VERSION}/Accounts/{switch.account_sid}/Recordings/{recording.sid}"

    def add(
        self,
        call_sid: str,
        source: str,
        started: datetime,
        seconds: int,
        content: bytes | str = b"",
        hook: Hook | None = None,
    ) -> Recording:
        """Keep a recording; it is ready, and ``hook`` is told, when it was processed."""
        spoken = isinstance(content, str)
        recording = Recording(
            call_sid=call_sid,
            seconds=seconds,
            source=source,
            start_time=started,
            created=self._switch.now(),
            audio=b"" if isinstance(content, str) else content,
            words=content if isinstance(content, str) and spoken else "",
        )
        self.all[recording.sid] = recording
        self._switch.later(PROCESSING, lambda: self._processed(recording, hook))
        return recording

    def _processed(self, recording: Recording, hook: Hook | None) -> None:
        recording.status = "completed"
        recording.updated = self._switch.now()
        if hook is None:
            return
        params = {
            "AccountSid": self._switch.account_sid,
            "CallSid": recording.call_sid,
            "RecordingSid": recording.sid,
            "RecordingUrl": self.url(recording),
            "RecordingStatus": "completed",
            "RecordingDuration": str(recording.seconds),
            "RecordingChannels": "1",
            "RecordingStartTime": format_datetime(recording.start_time),
            "RecordingSource": recording.source,
            "RecordingTrack": "both",
            "ErrorCode": "0",
        }
        self._switch.courier.announce("recording", recording.call_sid, hook, params)
