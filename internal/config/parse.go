package config

import (
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// ErrHelp means that help, or the version, was asked for and has been printed.
var ErrHelp = errors.New("help was printed")

// Command is what to do: exactly one of the fields is set.
type Command struct {
	Serve    *Serve
	Demo     *Demo
	Seed     *Seed
	Simulate *Simulate
	Migrate  *Migrate
}

// Parse reads a command line without the program's name, and the environment. Help and the version go to stdout and
// give [ErrHelp]; any other error is one line for the operator.
func Parse(args []string, version string, stdout io.Writer) (Command, error) {
	var g grammar
	helped := false
	parser, err := kong.New(&g,
		kong.Name("agentportal"),
		kong.Description("A real-time support inbox for WhatsApp, for many companies at once."),
		kong.Vars{"version": "agentportal " + version},
		kong.Writers(stdout, io.Discard),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
	)
	if err != nil {
		return Command{}, fmt.Errorf("command line grammar: %w", err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return Command{}, ErrHelp
	}
	if err != nil {
		return Command{}, fmt.Errorf("%w; agentportal%s --help shows what there is", err, chosen(err))
	}
	return g.command(parsed.Selected().Name)
}

// chosen is the command that a wrong command line is of, with a space before it.
func chosen(err error) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context.Selected() == nil {
		return ""
	}
	return " " + wrong.Context.Selected().Name
}

// command turns the chosen command's words into checked values.
func (g *grammar) command(name string) (Command, error) {
	var c checker
	var cmd Command
	switch name {
	case "serve":
		cmd.Serve = &Serve{Portal: c.portal(g.Serve.portalArgs, c.database(g.Serve.DatabaseURL, "data/portal.db"))}
	case "demo":
		cmd.Demo = &Demo{Portal: c.portal(g.Demo.portalArgs, c.database(g.Demo.DatabaseURL, "data/demo.db")), Quiet: g.Demo.Quiet}
	case "seed":
		cmd.Seed = &Seed{File: g.Seed.File, Database: c.database(g.Seed.DatabaseURL, "data/portal.db"), Log: c.log(g.Seed.logArgs)}
	case "simulate":
		cmd.Simulate = c.simulate(g.Simulate)
	case "migrate":
		cmd.Migrate = &Migrate{NewEpoch: g.Migrate.NewEpoch, Database: c.database(g.Migrate.DatabaseURL, "data/portal.db"), Log: c.log(g.Migrate.logArgs)}
	default:
		return Command{}, fmt.Errorf("unknown command %q", name)
	}
	if c.err != nil {
		return Command{}, c.err
	}
	return cmd, nil
}
