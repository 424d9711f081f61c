// An app on Go's net/http: client MODE NAME LOCAL-ADDRESS LOCAL-PORT
//
// MODE  trust  ask for one page
//
//	noca   the same; the store in $TRUST lacks the inspection authority
//	pin    compare the key with $PIN in VerifyPeerCertificate, after the chain was found good
//
// $TRUST  PEM file of the authorities the app believes; $TLS 1.2 or 1.3, empty for both.
// Prints: outcome, what Go said, TLS version, issuer of the certificate (tab separated).
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var errPin = errors.New("pin: the key is not the one built in")

var versions = map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}

func checkPin(raw [][]byte, _ [][]*x509.Certificate) error {
	leaf, err := x509.ParseCertificate(raw[0])
	if err != nil {
		return err
	}
	digest := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	if base64.StdEncoding.EncodeToString(digest[:]) != os.Getenv("PIN") {
		return errPin
	}
	return nil
}

func tlsConfig(mode string) (*tls.Config, error) {
	pem, err := os.ReadFile(os.Getenv("TRUST"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: roots}
	for number, name := range versions {
		if strings.TrimPrefix(name, "TLSv") == os.Getenv("TLS") {
			config.MinVersion, config.MaxVersion = number, number
		}
	}
	if mode == "pin" {
		config.VerifyPeerCertificate = checkPin
	}
	return config, nil
}

func visit(config *tls.Config, name, address string, port int) (*http.Response, error) {
	dialer := &net.Dialer{
		Timeout:   15 * time.Second,
		LocalAddr: &net.TCPAddr{IP: net.ParseIP(address), Port: port},
	}
	client := &http.Client{
		Timeout: 20 * time.Second,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: config,
			DisableKeepAlives: true, ForceAttemptHTTP2: true},
	}
	reply, err := client.Get("https://" + name + "/go")
	if err == nil {
		_, err = io.Copy(io.Discard, reply.Body)
		reply.Body.Close()
	}
	return reply, err
}

func report(reply *http.Response, err error) string {
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
		leaf := reply.TLS.PeerCertificates[0]
		return fmt.Sprintf("completed\tHTTP %d\t%s\t%s", reply.StatusCode,
			versions[reply.TLS.Version], leaf.Issuer.CommonName)
	case errors.Is(err, errPin), errors.As(err, &unknown):
		return fmt.Sprintf("rejected-in-handshake\t%v\t\t", err)
	default:
		return fmt.Sprintf("failed\t%v\t\t", err)
	}
}

func main() {
	mode, name, address := os.Args[1], os.Args[2], os.Args[3]
	port, err := strconv.Atoi(os.Args[4])
	if err == nil {
		var config *tls.Config
		if config, err = tlsConfig(mode); err == nil {
			fmt.Println(report(visit(config, name, address, port)))
			return
		}
	}
	fmt.Printf("failed\t%v\t\t\n", err)
}
