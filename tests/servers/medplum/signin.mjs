// SMART Backend Services: a token for a signed assertion, checked as the standard asks.
import { createPublicKey, randomBytes, verify } from 'node:crypto';

const ALGORITHMS = {
  ES384: { kty: 'EC', hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
  RS384: { kty: 'RSA', hash: 'sha384', options: {} },
  RS512: { kty: 'RSA', hash: 'sha512', options: {} },
};
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LONGEST = 300;

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class SignIn {
  constructor({ clientId, jwks, seconds }) {
    this.clientId = clientId;
    this.keys = jwks.keys;
    this.seconds = seconds;
    this.tokens = new Map();
    this.used = new Map();
    this.issued = 0;
  }

  /** The token endpoint: [status, body]. */
  grant(form, tokenUrl) {
    try {
      this.check(form, tokenUrl);
    } catch (error) {
      const code = error instanceof Refused ? error.code : 'invalid_client';
      return [400, { error: code, error_description: error.message }];
    }
    const token = randomBytes(24).toString('base64url');
    this.tokens.set(token, Date.now() + this.seconds * 1000);
    this.issued += 1;
    return [200, { access_token: token, token_type: 'bearer', expires_in: this.seconds, scope: form.get('scope') }];
  }

  allows(header) {
    const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
    return (this.tokens.get(token) ?? 0) > Date.now();
  }

  revokeAll() {
    this.tokens.clear();
  }

  check(form, tokenUrl) {
    if (form.get('grant_type') !== 'client_credentials') {
      throw new Refused('unsupported_grant_type', 'grant_type must be client_credentials');
    }
    if (form.get('client_assertion_type') !== ASSERTION) {
      throw new Refused('invalid_request', 'client_assertion_type must be jwt-bearer');
    }
    if (!form.get('scope')) {
      throw new Refused('invalid_scope', 'scope is missing');
    }
    this.checkClaims(this.verified(form.get('client_assertion') ?? ''), tokenUrl);
  }

  verified(assertion) {
    const [head, body, signature] = assertion.split('.');
    const { alg, kid } = decoded(head);
    const algorithm = ALGORITHMS[alg];
    const jwk = this.keys.find((key) => key.kid === kid);
    if (!algorithm || !jwk || jwk.kty !== algorithm.kty) {
      throw new Refused('invalid_client', 'no key of that kid for that algorithm');
    }
    const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), ...algorithm.options };
    if (!verify(algorithm.hash, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) {
      throw new Refused('invalid_client', 'the signature is not right');
    }
    return decoded(body);
  }

  checkClaims({ iss, sub, aud, exp, jti }, tokenUrl) {
    const now = Date.now() / 1000;
    if (iss !== this.clientId || sub !== this.clientId) {
      throw new Refused('invalid_client', 'iss and sub must be the client id');
    }
    if (![aud].flat().includes(tokenUrl)) {
      throw new Refused('invalid_client', 'aud must be the address of this endpoint');
    }
    if (typeof exp !== 'number' || exp <= now || exp > now + LONGEST) {
      throw new Refused('invalid_client', 'exp must be within the next five minutes');
    }
    if (typeof jti !== 'string' || !jti || this.used.has(jti)) {
      throw new Refused('invalid_client', 'jti must be fresh');
    }
    this.used.set(jti, exp);
  }
}

function decoded(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    throw new Refused('invalid_client', 'the assertion is not a JWT');
  }
}
