/** The shapes of what admins manage, held against the golden files like those of types.ts. */
import type { Role } from './types'

export interface Installation {
  allowedOrigins: string[]
  logRetentionSeconds: number
  version: string
}

/** The tenant's WhatsApp channel; of its secrets only the end is told. */
export interface WhatsAppChannel {
  phoneNumberId: string
  displayPhoneNumber: string
  accessToken: string
  appSecret: string
  verifyToken: string
  /** What Meta is to call. */
  webhookUrl: string
}

export type ChannelChange = Partial<Omit<WhatsAppChannel, 'webhookUrl'>>

export interface ChannelTest {
  ok: boolean
  /** The name that the channel goes by, or what is wrong. */
  message: string
}

/** A message or report that could never be applied. */
export interface DeadLetter {
  queue: string
  key: string
  reason: string
  deadLetteredAt: string
  body: string
  truncated: boolean
}

export interface NewUser {
  name: string
  email: string
  password: string
  role: Role
}
