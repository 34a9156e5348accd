package rest

// ClientAddress is for the tests of the outside.
var ClientAddress = clientAddress
