package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// UserView is a user as colleagues see them.
type UserView struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Email string      `json:"email"`
	Role  portal.Role `json:"role"`
}

// UsersBody is everyone who can sign in to the tenant.
type UsersBody struct {
	Users []UserView `json:"users"`
}

// UserBody is one user.
type UserBody struct {
	User UserView `json:"user"`
}

// NewUserBody is someone who shall be able to sign in.
type NewUserBody struct {
	Email    string `json:"email" minLength:"3" maxLength:"254"`
	Name     string `json:"name" minLength:"1" maxLength:"200"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
	Role     string `json:"role" enum:"admin,agent,viewer"`
}

// UserChangeBody is what to change of a user; what is absent stays.
type UserChangeBody struct {
	Email    *string `json:"email,omitempty" minLength:"3" maxLength:"254"`
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Password *string `json:"password,omitempty" minLength:"1" maxLength:"1024"`
	Role     *string `json:"role,omitempty" enum:"admin,agent,viewer"`
}

type newUserInput struct{ Body NewUserBody }

type userChangeInput struct {
	ID   string `path:"id"`
	Body UserChangeBody
}

func (s *server) userRoutes(api huma.API) {
	const tag = "Users"
	handle(s, api, call{id: "listUsers", method: http.MethodGet, path: "/api/users", tag: tag, summary: "Who is on the team"}, s.users)
	handle(s, api, call{id: "createUser", method: http.MethodPost, path: "/api/users", tag: tag, summary: "Add someone (admins)",
		status: http.StatusCreated, errors: []int{http.StatusForbidden, http.StatusConflict}}, s.createUser)
	handle(s, api, call{id: "updateUser", method: http.MethodPatch, path: "/api/users/{id}", tag: tag, summary: "Change someone (admins)",
		errors: []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, may: s.Desk.CanManage}, s.updateUser)
}

func (s *server) users(ctx context.Context, who portal.Identity, _ *none) (*body[UsersBody], error) {
	users, err := s.Desk.Users(ctx, who)
	if err != nil {
		return nil, err
	}
	views := make([]UserView, len(users))
	for i, u := range users {
		views[i] = viewOf(u)
	}
	return &body[UsersBody]{UsersBody{views}}, nil
}

func (s *server) createUser(ctx context.Context, who portal.Identity, in *newUserInput) (*body[UserBody], error) {
	u, err := s.Desk.CreateUser(ctx, who, desk.UserInput{Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password,
		Role: portal.Role(in.Body.Role)})
	if err != nil {
		return nil, err
	}
	return &body[UserBody]{UserBody{viewOf(u)}}, nil
}

func (s *server) updateUser(ctx context.Context, who portal.Identity, in *userChangeInput) (*body[UserBody], error) {
	change := desk.UserChange{Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password}
	if in.Body.Role != nil {
		role := portal.Role(*in.Body.Role)
		change.Role = &role
	}
	u, err := s.Desk.UpdateUser(ctx, who, in.ID, change)
	if err != nil {
		return nil, err
	}
	return &body[UserBody]{UserBody{viewOf(u)}}, nil
}

func viewOf(u portal.User) UserView {
	return UserView{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role}
}
