// An app on Node.js https: client.js MODE NAME LOCAL-ADDRESS LOCAL-PORT
//
// MODE  trust  ask for one page
//       noca   the same; the store in $TRUST lacks the inspection authority
//       pin    compare the key with $PIN in checkServerIdentity
// $TRUST  PEM file of the authorities the app believes; $TLS 1.2 or 1.3, empty for both.
// Prints: outcome, what Node said, TLS version, issuer of the certificate (tab separated).
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const https = require('https');
const tls = require('tls');

const [mode, name, localAddress, localPort] = process.argv.slice(2);
const REFUSALS = new Set(['EPIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SELF_SIGNED_CERT_IN_CHAIN']);

function report(...fields) {
  console.log(fields.join('\t'));
}

function checkServerIdentity(host, certificate) {
  const problem = tls.checkServerIdentity(host, certificate);
  if (problem || mode !== 'pin') {
    return problem;
  }
  const spki = new crypto.X509Certificate(certificate.raw).publicKey
    .export({ type: 'spki', format: 'der' });
  if (crypto.createHash('sha256').update(spki).digest('base64') === process.env.PIN) {
    return undefined;
  }
  return Object.assign(new Error('the key is not the pinned one'), { code: 'EPIN' });
}

const options = {
  host: name,
  path: '/node',
  agent: false,
  localAddress,
  localPort: Number(localPort),
  ca: fs.readFileSync(process.env.TRUST),
  checkServerIdentity,
  timeout: 15000,
};
if (process.env.TLS) {
  options.minVersion = options.maxVersion = 'TLSv' + process.env.TLS;
}

const request = https.get(options, (reply) => {
  const { socket } = reply;
  const said = [socket.getProtocol(), socket.getPeerCertificate().issuer.CN];
  reply.resume().on('end', () => report('completed', `HTTP ${reply.statusCode}`, ...said));
});
request.on('timeout', () => request.destroy(new Error('time out')));
// Node speaks up after its handshake, so this is where it says that it refuses.
request.on('error', (error) => report(
  REFUSALS.has(error.code) ? 'rejected-post-handshake' : 'failed',
  `${error.code}: ${error.message}`, '', ''));
