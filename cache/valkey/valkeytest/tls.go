package valkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// StartTLS starts a server that speaks TLS alone, with a certificate for
// 127.0.0.1. It returns the authority that vouches for it, in PEM.
func StartTLS(t testing.TB, args ...string) (s *Server, authority []byte) {
	t.Helper()
	s = prepare(t, "rediss")
	authority, cert, key := certify(t)
	files := map[string][]byte{"ca.pem": authority, "cert.pem": cert, "key.pem": key}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.args = append(append(s.keepNothing(),
		"--port", "0", "--tls-port", s.port(), "--tls-auth-clients", "no",
		"--tls-ca-cert-file", filepath.Join(s.dir, "ca.pem"),
		"--tls-cert-file", filepath.Join(s.dir, "cert.pem"),
		"--tls-key-file", filepath.Join(s.dir, "key.pem"),
	), args...)
	s.run()
	return s, authority
}

// certify makes an authority, and a certificate that it has signed.
func certify(t testing.TB) (authority, cert, key []byte) {
	t.Helper()
	caKey, certKey := newKey(t), newKey(t)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server of a test"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.MarshalPKCS8PrivateKey(certKey)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, ca, ca, &caKey.PublicKey, caKey), sign(t, leaf, ca, &certKey.PublicKey, caKey),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, cert, by *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, cert, by, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}
