// The official AWS Encryption SDK for JavaScript as a peer: one JSON request a line on standard
// input, one JSON answer a line on standard output. Plaintext and messages travel in files.
'use strict'

const { constants } = require('node:crypto')
const { createReadStream, createWriteStream } = require('node:fs')
const { readFile, writeFile } = require('node:fs/promises')
const { createInterface } = require('node:readline')
const { pipeline } = require('node:stream/promises')
const {
  buildClient,
  CommitmentPolicy,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
} = require('@aws-crypto/client-node')

const AES = {
  16: RawAesWrappingSuiteIdentifier.AES128_GCM_IV12_TAG16_NO_PADDING,
  24: RawAesWrappingSuiteIdentifier.AES192_GCM_IV12_TAG16_NO_PADDING,
  32: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
}
const OAEP = 'oaep-'
const FIRST_COMMITTING_SUITE = 0x0478

const reader = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
const legacyWriter = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)

/** The keyring of one key. */
function keyringOf(key, { utf8_sorting: utf8Sorting }) {
  const names = { keyNamespace: key.namespace, keyName: key.name }
  if (key.padding) {
    const rsaKey = { publicKey: key.public, privateKey: key.private }
    const padding = key.padding.startsWith(OAEP)
      ? { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: key.padding.slice(OAEP.length) }
      : { padding: constants.RSA_PKCS1_PADDING }
    return new RawRsaKeyringNode({ ...names, rsaKey, ...padding })
  }
  const unencryptedMasterKey = new Uint8Array(Buffer.from(key.key, 'hex'))
  const wrappingSuite = AES[unencryptedMasterKey.length]
  return new RawAesKeyringNode({ ...names, unencryptedMasterKey, wrappingSuite, utf8Sorting })
}

/** The keys of a request, the first of which generates. */
function keyringOfAll(request) {
  const [generator, ...children] = request.keys.map((key) => keyringOf(key, request))
  return children.length > 0 ? new MultiKeyringNode({ generator, children }) : generator
}

/** Writes what comes out of an SDK's stream as it comes, and returns the context of the header. */
async function pump(stream, { input, output }) {
  let context
  stream.once('MessageHeader', (header) => { context = header.encryptionContext })
  await pipeline(createReadStream(input), stream, createWriteStream(output))
  return context
}

/** Encrypts under the suite, frame length and context of the request. */
async function encrypt(request) {
  const suiteId = parseInt(request.suite, 16)
  const client = suiteId >= FIRST_COMMITTING_SUITE ? reader : legacyWriter
  const options = {
    suiteId,
    frameLength: request.frame_length,
    encryptionContext: request.context,
  }
  const keyring = keyringOfAll(request)
  if (request.api !== 'whole') return pump(client.encryptStream(keyring, options), request)
  const { result, messageHeader } =
    await client.encrypt(keyring, await readFile(request.input), options)
  await writeFile(request.output, result)
  return messageHeader.encryptionContext
}

/** Decrypts; what the context must be is for the caller to compare. */
async function decrypt(request) {
  const keyring = keyringOfAll(request)
  switch (request.api) {
    case 'stream':
      return pump(reader.decryptStream(keyring), request)
    case 'unsigned-stream':
      return pump(reader.decryptUnsignedMessageStream(keyring), request)
    default: {
      const { plaintext, messageHeader } =
        await reader.decrypt(keyring, await readFile(request.input))
      await writeFile(request.output, plaintext)
      return messageHeader.encryptionContext
    }
  }
}

/** Serves until standard input ends. */
async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    let answer
    try {
      const request = JSON.parse(line)
      answer = { ok: true, context: await { encrypt, decrypt }[request.op](request) }
    } catch (error) {
      answer = { ok: false, error: `${error.name}: ${error.message}` }
    }
    console.log(JSON.stringify(answer))
  }
}

main()
