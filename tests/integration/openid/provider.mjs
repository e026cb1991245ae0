// An OpenID provider on loopback, with the device flow and development logins: any user name, any password. Prints its
// address on one line. The groups of a user are the parts of the name after "+": alice+ops+web.
import http from 'node:http';
import Provider from 'oidc-provider';

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'orch',
      client_secret: 'not-so-secret',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: [],
      response_types: [],
    }],
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['a test'] },
    ttl: { DeviceCode: Number(process.env.DEVICE_SECONDS ?? 600) },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, groups: id.split('+').slice(1), email: `${id}@example.com`, email_verified: false }),
    }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
