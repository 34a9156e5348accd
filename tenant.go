package portal

// Tenant is a company that uses the portal.
type Tenant struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	WhatsApp WhatsApp `json:"whatsapp"`
}

// WhatsApp is a tenant's channel at the Cloud API. AccessToken, AppSecret and
// VerifyToken are secrets: never logged, never shown whole.
type WhatsApp struct {
	PhoneNumberID      string `json:"phoneNumberId"`
	DisplayPhoneNumber string `json:"displayPhoneNumber"`
	AccessToken        string `json:"accessToken"`
	AppSecret          string `json:"appSecret"`
	VerifyToken        string `json:"verifyToken"`
}
