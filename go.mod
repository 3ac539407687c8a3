module perigee

go 1.26.0
