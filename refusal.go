package portal

// Refusal says why something was refused, for programs: a page shows it in its
// reader's language. Code says what kind of failure it is, Message says it in English.
// The documents list them all (internal/schema).
type Refusal string

// The refusals that somebody at a page can meet. A word that is out stays as it is.
const (
	WhyEmailInUse          Refusal = "email_in_use"
	WhyEmailInvalid        Refusal = "email_invalid"
	WhyNameInvalid         Refusal = "name_invalid"
	WhyPasswordShort       Refusal = "password_short"
	WhyLastAdmin           Refusal = "last_admin"
	WhyAssigneeUnknown     Refusal = "assignee_unknown"
	WhyConversationClosed  Refusal = "conversation_closed"
	WhyNewerConversation   Refusal = "newer_conversation" // the contact has another active one
	WhyOvertaken           Refusal = "overtaken"          // another agent replied meanwhile
	WhyClientIDUsed        Refusal = "client_id_used"     // for another text
	WhyTextBlank           Refusal = "text_blank"
	WhyPhoneNumberInUse    Refusal = "phone_number_in_use"
	WhyChannelValue        Refusal = "channel_value"
	WhyChannelIncomplete   Refusal = "channel_incomplete"
	WhyChannelToken        Refusal = "channel_token"
	WhyChannelNumber       Refusal = "channel_number"
	WhyChannelUnreachable  Refusal = "channel_unreachable"
	WhyChannelNotTriedHere Refusal = "channel_not_tried_here"
	WhyMediaGone           Refusal = "media_gone" // the provider keeps files for a month
	WhyTokenMissing        Refusal = "token_missing"
	WhyTokenInvalid        Refusal = "token_invalid" // also: its session is signed out
	WhyTokenExpired        Refusal = "token_expired"
)

// Refuse makes an Error that says why for programs too.
func Refuse(code Code, why Refusal, format string, args ...any) *Error {
	e := Errorf(code, format, args...)
	e.Why = why
	return e
}
