"""TLS 1.3 with an external pre-shared key, both sides, by the system's OpenSSL through ctypes: Python's ssl has none.

Also what only an attacker wants: a connection with any key under any name, and floods of KeyUpdate.
"""
import ctypes
import hashlib
import hmac
import socket

ssl = ctypes.CDLL("libssl.so.3")
crypto = ctypes.CDLL("libcrypto.so.3")
POINTER, INT, SIZE, TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
USE_SESSION = ctypes.CFUNCTYPE(INT, POINTER, POINTER, ctypes.POINTER(POINTER), ctypes.POINTER(SIZE), ctypes.POINTER(POINTER))
FIND_SESSION = ctypes.CFUNCTYPE(INT, POINTER, POINTER, SIZE, ctypes.POINTER(POINTER))
SELECT_ALPN = ctypes.CFUNCTYPE(INT, POINTER, ctypes.POINTER(POINTER), ctypes.POINTER(ctypes.c_ubyte), POINTER, ctypes.c_uint,
                               POINTER)
for library, name, result, *arguments in (
        (ssl, "TLS_client_method", POINTER), (ssl, "TLS_server_method", POINTER), (ssl, "SSL_CTX_new", POINTER, POINTER),
        (ssl, "SSL_CTX_free", None, POINTER), (ssl, "SSL_CTX_ctrl", ctypes.c_long, POINTER, INT, ctypes.c_long, POINTER),
        (ssl, "SSL_CTX_set_ciphersuites", INT, POINTER, TEXT),
        (ssl, "SSL_CTX_set_alpn_protos", INT, POINTER, TEXT, ctypes.c_uint),
        (ssl, "SSL_CTX_set_psk_use_session_callback", None, POINTER, USE_SESSION),
        (ssl, "SSL_CTX_set_psk_find_session_callback", None, POINTER, FIND_SESSION),
        (ssl, "SSL_CTX_set_alpn_select_cb", None, POINTER, SELECT_ALPN, POINTER),
        (ssl, "SSL_CTX_set_num_tickets", INT, POINTER, SIZE),
        (ssl, "SSL_new", POINTER, POINTER), (ssl, "SSL_free", None, POINTER), (ssl, "SSL_set_fd", INT, POINTER, INT),
        (ssl, "SSL_connect", INT, POINTER), (ssl, "SSL_accept", INT, POINTER), (ssl, "SSL_session_reused", INT, POINTER),
        (ssl, "SSL_read", INT, POINTER, POINTER, INT), (ssl, "SSL_write", INT, POINTER, TEXT, INT),
        (ssl, "SSL_pending", INT, POINTER), (ssl, "SSL_key_update", INT, POINTER, INT), (ssl, "SSL_do_handshake", INT, POINTER),
        (ssl, "SSL_CIPHER_find", POINTER, POINTER, TEXT), (ssl, "SSL_SESSION_new", POINTER),
        (ssl, "SSL_SESSION_set1_master_key", INT, POINTER, TEXT, SIZE), (ssl, "SSL_SESSION_set_cipher", INT, POINTER, POINTER),
        (ssl, "SSL_SESSION_set_protocol_version", INT, POINTER, INT), (crypto, "ERR_clear_error", None)):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
TLS13, SET_MIN_VERSION = 0x0304, 123
REQUESTED = 1  # of SSL_key_update: the other side must answer with new keys too


class TlsError(OSError):
    pass


def tls_key(derived):
    return hmac.new(derived, b"orch-tls-psk-v1", hashlib.sha256).digest()


def _session(connection, key):
    session = ssl.SSL_SESSION_new()
    cipher = ssl.SSL_CIPHER_find(connection, b"\x13\x01")
    if not (ssl.SSL_SESSION_set1_master_key(session, key, len(key)) and ssl.SSL_SESSION_set_cipher(session, cipher) and
            ssl.SSL_SESSION_set_protocol_version(session, TLS13)):
        raise TlsError("no session for the key")
    return session


def _context(method):
    context = ssl.SSL_CTX_new(method)
    ssl.SSL_CTX_ctrl(context, SET_MIN_VERSION, TLS13, None)
    ssl.SSL_CTX_set_ciphersuites(context, b"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256")
    return context


class _Connection:
    """Blocking; one thread at a time, but for close(). Has a socket's recv, sendall and close."""

    def _start(self, sock, context, keep):
        self.sock, self._context, self._keep = sock, context, keep
        self.ssl = ssl.SSL_new(context)
        ssl.SSL_set_fd(self.ssl, sock.fileno())

    def _shake(self, step):
        crypto.ERR_clear_error()
        if step(self.ssl) != 1:
            raise TlsError("the handshake failed")
        if not ssl.SSL_session_reused(self.ssl):
            raise TlsError("the key was not used")

    def recv(self, size):
        buffer = ctypes.create_string_buffer(size)
        crypto.ERR_clear_error()
        got = ssl.SSL_read(self.ssl, buffer, size)
        return buffer.raw[:got] if got > 0 else b""

    def sendall(self, data):
        crypto.ERR_clear_error()
        data = bytes(data)
        if data and ssl.SSL_write(self.ssl, data, len(data)) != len(data):
            raise TlsError("the connection has ended")

    def update_keys(self, kind=REQUESTED):
        crypto.ERR_clear_error()
        if ssl.SSL_key_update(self.ssl, kind) != 1 or ssl.SSL_do_handshake(self.ssl) != 1:
            raise TlsError("the connection has ended")

    def pending(self):
        return ssl.SSL_pending(self.ssl)

    def fileno(self):
        return self.sock.fileno()

    def settimeout(self, seconds):
        # SSL_set_fd reads the descriptor itself: a timeout of the kernel's, not Python's.
        whole = int(seconds)
        value = whole.to_bytes(8, "little") + int((seconds - whole) * 1e6).to_bytes(8, "little")
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, option, value)

    def close(self):
        if self.ssl is None:
            return
        self.sock.close()
        ssl.SSL_free(self.ssl)
        ssl.SSL_CTX_free(self._context)
        self.ssl = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class PskClient(_Connection):
    """A peer: proves `identity` by the derived key, or raises TlsError."""

    def __init__(self, address, identity, derived, timeout=10):
        host, port = address.rsplit(":", 1)
        sock = socket.create_connection((host, int(port)), timeout)
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name, key = ctypes.create_string_buffer(identity.encode()), tls_key(derived)

        def use_session(connection, _digest, identity_out, size_out, session_out):
            identity_out[0], size_out[0] = ctypes.addressof(name), len(identity)
            session_out[0] = _session(connection, key)
            return 1

        callback = USE_SESSION(use_session)
        context = _context(ssl.TLS_client_method())
        ssl.SSL_CTX_set_psk_use_session_callback(context, callback)
        ssl.SSL_CTX_set_alpn_protos(context, b"\x02h2", 3)
        self._start(sock, context, (name, callback))
        self.settimeout(timeout)
        try:
            self._shake(ssl.SSL_connect)
        except TlsError:
            self.close()
            raise


class PskServer(_Connection):
    """A hub that holds the peers' keys: {identity: derived key}."""

    def __init__(self, sock, keys, timeout=10):
        sock.settimeout(None)

        def find_session(connection, identity, size, session_out):
            derived = keys.get(ctypes.string_at(identity, size).decode(errors="replace"))
            if derived is None:
                session_out[0] = None
                return 0
            session_out[0] = _session(connection, tls_key(derived))
            return 1

        h2 = ctypes.create_string_buffer(b"h2")

        def select_alpn(_connection, out, size, _offered, _offered_size, _argument):
            out[0], size[0] = ctypes.addressof(h2), 2
            return 0

        callbacks = FIND_SESSION(find_session), SELECT_ALPN(select_alpn)
        context = _context(ssl.TLS_server_method())
        ssl.SSL_CTX_set_psk_find_session_callback(context, callbacks[0])
        ssl.SSL_CTX_set_alpn_select_cb(context, callbacks[1], None)
        ssl.SSL_CTX_set_num_tickets(context, 0)
        self._start(sock, context, (h2, *callbacks))
        self.settimeout(timeout)
        try:
            self._shake(ssl.SSL_accept)
        except TlsError:
            self.close()
            raise
