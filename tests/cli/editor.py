"""An editor for tests: talks to a language server in a process of its own, with deadlines."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEADLINE_S = 20


class Editor:
    """One editor with one server. Positions are (line, column) from 0, as the protocol counts."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._mistakes: queue.Queue[dict[str, Any]] = queue.Queue()
        self._next_id = 0
        self._versions: dict[str, int] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def start(self) -> dict[str, Any]:
        """Shake hands; give what the server can do."""
        found = self.ask("initialize", processId=None, rootUri=None, capabilities={})
        self.tell("initialized")
        capabilities: dict[str, Any] = found["capabilities"]
        return capabilities

    def open(self, path: Path, text: str) -> str:
        """Open a file with a text that need not be saved."""
        uri = path.as_uri()
        self._versions[uri] = 1
        document = {"uri": uri, "languageId": "midl", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        return uri

    def close_all(self) -> None:
        """Close all files: the server forgets them."""
        for uri in self._versions:
            self.tell("textDocument/didClose", textDocument={"uri": uri})
        self._versions.clear()

    def change(self, uri: str, text: str) -> None:
        """Replace the whole text."""
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def mistakes(self, uri: str) -> list[dict[str, Any]]:
        """Wait for the mistakes of the text as it is now."""
        while True:
            found = self._mistakes.get(timeout=DEADLINE_S)
            if found["uri"] == uri and found.get("version") == self._versions[uri]:
                listed: list[dict[str, Any]] = found["diagnostics"]
                return listed

    def at(self, method: str, uri: str, line: int, column: int) -> Any:
        """Ask about a place."""
        position = {"line": line, "character": column}
        return self.ask(f"textDocument/{method}", textDocument={"uri": uri}, position=position)

    def ask(self, method: str, **params: object) -> Any:
        """Ask, and give the answer. Fails if it is an error."""
        self._next_id += 1
        self._send({"id": self._next_id, "method": method, "params": params})
        answer = self._answers.get(timeout=DEADLINE_S)
        assert answer["id"] == self._next_id
        assert "error" not in answer, answer
        return answer["result"]

    def tell(self, method: str, **params: object) -> None:
        """Tell something that has no answer."""
        self._send({"method": method, "params": params})

    def end(self) -> int:
        """Say goodbye; give the server's exit code."""
        self._next_id += 1
        self._send({"id": self._next_id, "method": "shutdown"})
        assert self._answers.get(timeout=DEADLINE_S)["id"] == self._next_id
        self._send({"method": "exit"})
        return self._process.wait(DEADLINE_S)

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._reader.join(DEADLINE_S)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = stream.readline()
            message = json.loads(stream.read(length))
            if message.get("method") == "textDocument/publishDiagnostics":
                self._mistakes.put(message["params"])
            elif "id" in message and "method" not in message:
                self._answers.put(message)


@contextmanager
def editor(*arguments: str) -> Generator[Editor]:
    """Start a server, and an editor for it that has shaken hands."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pyorpc", "idl", "lsp", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    found = Editor(process)
    try:
        found.start()
        yield found
    finally:
        found.close()
